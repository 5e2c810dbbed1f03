ten
