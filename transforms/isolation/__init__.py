"""Isolation: run a function on data that nobody vouches for, in a process that may be killed.

``run(function, request, limits)`` in `worker` starts a worker, sends it the request, and gives its response;
a `worker.Pool` keeps its workers for further requests. What a worker does wrong is an `Unusable`, with the
reason and the detail of a reject: it took too long or too much memory, crashed, or gave no valid response.

    worker      a child process as its parent sees it: started, asked, timed, killed; those of several threads
    child       what runs in it: the loop that answers requests, in JSON and bytes

    parse, lists, draw, calls      functions that run so, each with its caller; `redaction.pdf` has another

Not `multiprocessing`: that imports the parent's ``__main__`` in each child (all of Beam, in a Beam worker),
and unpickles what the child sends. Here the child imports the function's module, and answers in JSON.
"""
