x of ignore/ignored-directory-unreadable-link
