x of ignore/link-to-ignored
