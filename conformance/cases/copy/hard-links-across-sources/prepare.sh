mkdir a b && echo 1 > a/one && ln a/one b/two && ln a/one three
