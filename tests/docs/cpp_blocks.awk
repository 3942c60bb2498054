# Writes each block of C++ in a page to PREFIX_1.inc, PREFIX_2.inc, ..., with a #line that points into the page, and how many there
# are to PREFIX_count.inc.
#   awk -v prefix=PREFIX -v page=PAGE -f cpp_blocks.awk PAGE
/^```cpp/ { inside = 1; file = prefix "_" ++count ".inc"; printf "#line %d \"%s\"\n", NR + 1, page > file; next }
/^```/ { if (inside) close(file); inside = 0; next }
inside { print > file }
END { printf "%d\n", count > (prefix "_count.inc") }
