// The command of docs/extending.md, as it stands there; compiled, not linked.
#include "docs_extending_21.inc"
