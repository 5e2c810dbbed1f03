# A repository with another one as its submodule.
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE='1600000000 +0000'
git init -q -b main inner
(cd inner && echo inner > file && git add . && git commit -q -m inner)
git clone -q --bare inner "$SERVED/inner.git"
git init -q -b main outer
cd outer
echo outer > file
git -c protocol.file.allow=always submodule --quiet add "$SERVED/inner.git" module
git config -f .gitmodules submodule.module.url ../inner.git
git add .
git commit -q -m outer
cd ..
git clone -q --bare outer "$SERVED/super.git"
rm -rf inner outer
