printf 'FROM scratch\nCOPY . /x/\n' > dockerfile
