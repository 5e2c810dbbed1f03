import argparse
from importlib.metadata import version

from soundings import depths


def main():
    parser = argparse.ArgumentParser(prog="soundings", description="Depths along a line")
    parser.add_argument("--version", action="version", version=version("soundings"))
    parser.add_argument("mark", nargs="*")
    args = parser.parse_args()
    chart = depths()
    for mark in args.mark or chart:
        print(f"{mark:10} {chart[mark]:6.2f}")
