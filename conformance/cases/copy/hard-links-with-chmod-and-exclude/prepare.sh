mkdir -p d/s && echo 1 > d/one && ln d/one d/two && ln d/one d/s/three
