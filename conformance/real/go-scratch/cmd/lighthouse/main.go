package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/user"
	"strings"

	"harbour.example/morse"
)

var version = "unset"

func main() {
	listen := flag.String("listen", "", "serve on this address")
	flag.Parse()
	if *listen == "" {
		who, err := user.Current()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%s %s: %s\n", version, who.Username, morse.Spell(strings.Join(flag.Args(), "")))
		return
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, morse.Spell(strings.Trim(r.URL.Path, "/")))
	})
	if err := http.ListenAndServe(*listen, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
