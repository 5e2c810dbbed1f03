import sys
from pathlib import Path

from markdown import markdown

source, target = map(Path, sys.argv[1:])
layout = Path("layout.html").read_text()
for page in sorted(source.rglob("*.md")):
    out = target / page.relative_to(source).with_suffix(".html")
    out.parent.mkdir(parents=True, exist_ok=True)
    body = markdown(page.read_text(), extensions=["tables", "toc"]).replace('.md"', '"')
    out.write_text(layout.replace("@BODY@", body))
    print(out)
