FROM trigger AS base
ONBUILD ARG FLAVOUR=plain
ONBUILD RUN make $FLAVOUR
LABEL base=yes

FROM base AS app
LABEL app=yes

FROM app
RUN strip
