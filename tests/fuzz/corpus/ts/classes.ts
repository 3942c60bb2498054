# c
@problemName A
@timeStamps false
@classLabel true 1 b
@data
1,?,3:4,5,6:1
-1,2e3,.5:7,8,9:b
