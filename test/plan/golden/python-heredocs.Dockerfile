FROM python:3.12
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN <<EOF
apt-get update
apt-get install -y curl
EOF
RUN <<-SETUP
	#!/usr/bin/env python
	print("ready")
	SETUP
COPY <<"RAW" <<-COOKED /etc/app/
path=$PATH
RAW
	path=$PATH
COOKED
RUN python3 <<PY
print(1)
PY
CMD python -m app
