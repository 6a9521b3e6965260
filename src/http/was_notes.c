/* Licensed under the Apache License, Version 2.0; see LICENSE. */

/*
 * was_notes: the module's place in a request of httpd's. Refuses to know what is kept there.
 */

#include "http/was_notes.h"

#include "http/was_config.h"

was_notes_t *was_notes_of(request_rec *r)
{
    was_notes_t *notes = ap_get_module_config(r->request_config, &was_module);

    if (notes == NULL) {
        notes = apr_pcalloc(r->pool, sizeof(*notes));
        ap_set_module_config(r->request_config, &was_module, notes);
    }
    return notes;
}
