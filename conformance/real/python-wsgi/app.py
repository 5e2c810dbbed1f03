import os

from flask import Flask, render_template
from markdown import markdown
from markupsafe import Markup

app = Flask(__name__)


@app.get("/notice/<berth>")
def notice(berth):
    text = markdown(f"Ship at **{berth}**")
    return render_template("notice.html", text=Markup(text))


@app.get("/uid")
def uid():
    return f"{os.getuid()}\n"
