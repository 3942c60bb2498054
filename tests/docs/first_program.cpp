// The program of docs/first-ten-minutes.md, as it stands there.
#define main first_ten_minutes_main  // NOLINT: another file of this test has the real one
#include "docs_first_ten_minutes_1.inc"
