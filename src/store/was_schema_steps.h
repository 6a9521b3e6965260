/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_SCHEMA_STEPS_H
#define WAS_SCHEMA_STEPS_H

#include "store/was_schema.h"

/*
 * was_schema_steps: the steps of the schema, private to was_schema: the first is at index 0. A step
 * may be run again where its tables were dropped behind its back.
 */
extern const char *const was_schema_steps[WAS_SCHEMA_VERSION];

#endif
