{ printf "%.2f\n", $1 * 1.852 }
