# A repository with one commit.
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_AUTHOR_DATE=@1600000000 GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE=@1600000000
git init -q -b main work
cd work
echo content > file
mkdir sub
echo '#!/bin/sh' > sub/script
chmod 755 sub/script
ln -s file link
git add .
git commit -q -m first
cd ..
git clone -q --bare work "$SERVED/repo.git"
rm -rf work
