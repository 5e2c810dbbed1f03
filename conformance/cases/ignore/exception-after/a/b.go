x of ignore/exception-after
