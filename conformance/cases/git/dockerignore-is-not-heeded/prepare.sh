export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE='1600000000 +0000'
git init -q -b main work
cd work
echo file > file
printf 'file\n' > .dockerignore
printf 'FROM scratch\nCOPY . /all\n' > Dockerfile
git add .
git commit -q -m first
cd ..
git clone -q --bare work "$SERVED/ignoring.git"
rm -rf work
