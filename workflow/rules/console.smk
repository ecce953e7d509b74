# What a person sees on the terminal while it runs, and at the end, and the server that starts jobs; no rules here.
from sr.console.console import attach
from sr.core import fork_server

# None with -p, --verbose, --quiet or -n: then Snakemake prints as ever.
CONSOLE = attach(workflow, MODELS)


onstart:
    # Jobs of a cluster, whose Snakemake is not the main one, start by themselves.
    if workflow.is_main_process:
        fork_server.start()


onsuccess:
    if CONSOLE:
        CONSOLE.succeeded()


onerror:
    if CONSOLE:
        CONSOLE.failed()
