printf 'FROM scratch\r\nCOPY <<EOF /f\r\none\r\ntwo\r\nEOF\r\nCOPY <<"EOF" /g\r\nthree\r\nEOF\r\n' > Dockerfile
