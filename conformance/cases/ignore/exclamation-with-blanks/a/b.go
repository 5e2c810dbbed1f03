x of ignore/exclamation-with-blanks
