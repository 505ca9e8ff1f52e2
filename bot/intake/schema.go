package intake

import _ "embed"

// Schema is the JSON Schema of a story's JSON form.
//
//go:embed story.schema.json
var Schema []byte
