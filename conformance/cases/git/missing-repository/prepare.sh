# Two branches, a light and an annotated tag.
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE='1600000000 +0000'
git init -q -b main work
cd work
mkdir -p sub/deep
echo content > file
echo deep > sub/deep/file
printf '#!/bin/sh\n' > sub/script
chmod 755 sub/script
ln -s file link
printf 'FROM scratch\nCOPY . /all\nCOPY link /copied\n' > Dockerfile
printf 'FROM scratch\nCOPY . /sub\n' > sub/Dockerfile
git add .
git commit -q -m first
git tag v1
git tag -a -m note annotated
git checkout -q -b side
echo side > side
rm file
git add -A
git commit -q -m second
git checkout -q main
echo more >> file
git commit -qam third
cd ..
git clone -q --bare work "$SERVED/repo.git"
rm -rf work
