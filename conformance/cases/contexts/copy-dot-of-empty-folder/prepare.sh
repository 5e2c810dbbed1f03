mkdir "$EXTRA/empty"; printf "FROM scratch\nCOPY . /x/\n" > "$EXTRA/df"
