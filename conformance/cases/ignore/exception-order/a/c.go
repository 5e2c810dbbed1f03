x of ignore/exception-order
