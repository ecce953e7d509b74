# What a person sees on the terminal while it runs, and at the end; no rules here.
from sr.console.console import attach

# None with -p, --verbose, --quiet or -n: then Snakemake prints as ever.
CONSOLE = attach(workflow, MODELS)


onsuccess:
    if CONSOLE:
        CONSOLE.succeeded()


onerror:
    if CONSOLE:
        CONSOLE.failed()
