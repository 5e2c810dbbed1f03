x of ignore/copy-through-link-to-ignored
