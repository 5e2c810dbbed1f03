package main

import "runtime"

func main() { println(runtime.GOOS + "/" + runtime.GOARCH) }
