touch "$EXTRA/s"
