# What a person sees on the terminal while it runs, and at the end, and the server that starts jobs; no rules here.
from sr.console.console import attach
from sr.core import fork_server

# None with -p, --verbose, --quiet or -n: then Snakemake prints as ever.
CONSOLE = attach(workflow, MODELS)


onstart:
    # Jobs of a cluster, whose Snakemake is not the main one, start by themselves.
    if workflow.is_main_process:
        FROZEN.start()
        fork_server.start()


onsuccess:
    if CONSOLE:
        CONSOLE.succeeded()
    # An exit code other than 0, so that DVC does not record these results as those of the edited file.
    if workflow.is_main_process and FROZEN.end():
        raise WorkflowError(
            "params.yaml: edited during the run, which had the values from before. Run again to apply the edit"
        )


onerror:
    if workflow.is_main_process:
        FROZEN.end()
    if CONSOLE:
        CONSOLE.failed()
