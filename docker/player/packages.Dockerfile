# What every entry finds beside Python: a few libraries, compiled beforehand, since nothing can be written where it runs.
# BASE is a public image or one made of this machine's own Python; sandbox/layers.py builds this and says which it took.
ARG BASE
FROM ${BASE}
COPY packages/ /opt/packages/
RUN ["python3", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "/opt/packages"]
