head -c 512001 /dev/zero > "$EXTRA/big"
