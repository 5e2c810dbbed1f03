x of ignore/exception-that-never-matches
