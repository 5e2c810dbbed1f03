src/main.sh
