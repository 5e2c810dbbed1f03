mkdir "$EXTRA/empty"; printf "FROM scratch\nLABEL a=1\n" > "$EXTRA/df"
