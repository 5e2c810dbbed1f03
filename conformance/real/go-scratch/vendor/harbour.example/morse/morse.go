// Package morse spells words in long and short flashes.
package morse

import "strings"

var letters = map[rune]string{
	'a': ".-", 'e': ".", 'h': "....", 'i': "..", 'l': ".-..", 'o': "---", 'p': ".--.", 's': "...", 't': "-",
}

// Spell gives the flashes of a word; letters that it does not know are left out.
func Spell(word string) string {
	var flashes []string
	for _, letter := range strings.ToLower(word) {
		if flash, ok := letters[letter]; ok {
			flashes = append(flashes, flash)
		}
	}
	return strings.Join(flashes, " ")
}
