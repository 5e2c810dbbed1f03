printf 'a\000b\377\n\n' > "$EXTRA/s"
