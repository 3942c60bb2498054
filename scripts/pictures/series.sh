#!/usr/bin/env bash
# Makes the pictures of docs/series.md: two channels of a machine with a daily rhythm, one of which stands still for a while.
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

rows() {  # how many, from which row on the heat stands still, how long
  awk -v n="$1" -v odd="$2" -v long="$3" 'BEGIN {
    srand(1)
    print "time,load,heat"
    for (i = 0; i < n; ++i) {
      day = 6.2831853 * i / 96
      work = sin(day) + 0.4 * sin(3 * day) + 0.08 * (rand() - 0.5)
      if (i == odd) held = heat
      heat = 40 + 6 * sin(day - 0.8) + 2 * work + 0.5 * (rand() - 0.5)
      shown = i >= odd && i < odd + long ? held : heat
      printf "%s,%.3f,%.2f\n", strftime("%Y-%m-%d %H:%M:%S", 1709251200 + 900 * i, 1), work, shown
    }
  }'
}
rows 3000 -1 0 > machine.csv
rows 900 520 60 > today.csv
"$latent" train machine.csv --window 64 --epochs 4 --seed 1 --out run
"$latent" reconstruct run -n 6 -o "$images/series-reconstruct.png"
"$latent" anomalies run today.csv -o scores.csv --intervals odd.csv --plot "$images/series-anomalies.png"
cat odd.csv
