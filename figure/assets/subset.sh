#!/bin/sh
# Makes DejaVuSans-subset.ttf from DejaVu Sans 2.37 (Debian package fonts-dejavu-core) with fonttools 4.68:
#   pip install fonttools && sh subset.sh /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
# Latin, Greek and Greek extended, combining accents (x̂, x̄), modifier letters, punctuation, sub- and superscripts,
# letterlike symbols, arrows, mathematical operators, brackets, geometric shapes.
set -eu
pyftsubset "$1" --output-file="$(dirname "$0")/DejaVuSans-subset.ttf" \
    --unicodes="U+20-7E,U+A0-17F,U+2C6-2DD,U+300-30C,U+338,U+370-3FF,U+1D2C-1D6A,U+1E00-1E9F,U+2010-2026,U+2030-2037,\
U+2070-209C,U+2100-214F,U+2190-21D5,U+2200-22FF,U+2308-230B,U+25A0-25FF,U+27E8-27EF,U+2A7D-2A7E,U+2C7C,U+FFFD" \
    --layout-features="" --no-hinting --notdef-outline --drop-tables+=FFTM,GDEF,GPOS,GSUB,kern
