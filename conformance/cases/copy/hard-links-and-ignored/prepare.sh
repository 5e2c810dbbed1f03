mkdir d && echo 1 > d/one && ln d/one d/two && ln d/one d/three
