#!/usr/bin/env bash
# Makes the picture and figures of docs/words.md from a text: plain or packed, books whose lines break anywhere.
#   bash scripts/pictures/words.sh novels.txt.xz [FOLDER of EN-WS-353-ALL.txt, EN-SIMLEX-999.txt and questions-words.txt]
#     [a text that knows capitals and countries, such as WordNet's glosses]
text="$(realpath "$1")"
judged="${2:+$(realpath "$2")}"
facts="${3:+$(realpath "$3")}"
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"

"$latent" words train "$text" --lowercase --tokens unicode --sentences auto --out run
"$latent" words nearest run london -k 5
"$latent" words analogy run man king woman -k 3
"$latent" words odd run cat dog car horse
"$latent" arithmetic run "paris - france + england"
"$latent" words nearest run londn || true
"$latent" map run --words 2000 --metric cosine -o "$images/words-map.png"
"$latent" cluster run --words 3000 -k 20 -o clusters.csv
"$latent" neighbors run --query cat,london --metric cosine -k 5 -o neighbors.csv
"$latent" directions run --attribute "sex=names=he,man,king,boy,father vs names=she,woman,queen,girl,mother" -o sex.npz
"$latent" words train "$text" --max-n 6 --dim 300 --memory 1G --out large || true
"$latent" words convert run words.vec
[ -z "$judged" ] || "$latent" words evaluate run --similarity "$judged/EN-WS-353-ALL.txt" \
  --similarity "$judged/EN-SIMLEX-999.txt" --analogies "$judged/questions-words.txt"
[ -z "$facts" ] || {
  cat > capitals.txt <<'PAIRS'
paris france
rome italy
madrid spain
berlin germany
vienna austria
lisbon portugal
moscow russia
athens greece
cairo egypt
london england
dublin ireland
brussels belgium
copenhagen denmark
tokyo japan
edinburgh scotland
havana cuba
PAIRS
  "$latent" words train "$facts" "$text" --lowercase --tokens unicode --sentences auto --window 8 --epochs 3 --out facts
  "$latent" map facts --join @capitals.txt --method pca -o "$images/words-capitals.png"
}
