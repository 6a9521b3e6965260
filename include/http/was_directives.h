/* Licensed under the Apache License, Version 2.0; see LICENSE. */
#ifndef WAS_DIRECTIVES_H
#define WAS_DIRECTIVES_H

#include <httpd.h>
#include <http_config.h>

/*
 * was_directives: what may be said in httpd's configuration, for the module record. A few of
 * httpd's own directives are listened to (httpd calls every module that declares a name):
 * SetHandler tells where our locations are, the DBD* ones are was_config_pool's.
 */

extern const command_rec was_directives[];

#endif
