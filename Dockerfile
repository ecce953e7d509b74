# The environment of requirements.lock as an image; code and data stay in the checkout, which is mounted.
#
#   docker build --tag sr-nas .
#   docker run --rm --user "$(id -u):$(id -g)" --volume "$PWD:/project" sr-nas snakemake --cores 1 all
#
# The same for Apptainer, where Snakemake starts each job in the image that the rules name:
#
#   apptainer build sr-nas.sif docker-daemon:sr-nas:latest
#   snakemake --cores 1 --sdm apptainer all
#
# Without a GPU a build of torch a tenth of the size will do: --build-arg INDEX=https://download.pytorch.org/whl/cpu
FROM python:3.11-slim-bookworm

# git is asked for the commit of each record.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make \
    && rm -rf /var/lib/apt/lists/* \
    && git config --system --add safe.directory /project

ARG INDEX=https://pypi.org/simple
COPY requirements.lock requirements.hashes /tmp/
RUN pip install --no-cache-dir --require-hashes --no-deps --requirement /tmp/requirements.hashes \
    && pip install --no-cache-dir --extra-index-url "$INDEX" --requirement /tmp/requirements.lock

# Any user may run it: caches go where everyone may write.
ENV HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib

WORKDIR /project
CMD ["snakemake", "--cores", "1", "all"]
