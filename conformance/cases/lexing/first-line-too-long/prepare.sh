{
  printf '# '
  head -c 65536 /dev/zero | tr '\0' x
  echo
  echo FROM scratch
} > Dockerfile
