x of ignore/double-star-forms
