#pragma once

#include <string>

/// A description that has one of everything.
inline std::string shop() {
  return R"({
 "openapi": "3.1.0",
 "info": {"title": "Shop", "version": "1"},
 "paths": {
  "/items/{id}": {
   "parameters": [{"$ref": "#/components/parameters/Id"}],
   "get": {"operationId": "getItem", "summary": "One item",
    "description": "Says all about an item.",
    "parameters": [{"name": "fields", "in": "query",
                    "schema": {"type": "array", "items": {"type": "string"}}}],
    "responses": {"200": {"description": "ok"}}},
   "put": {"operationId": "setItem", "deprecated": true,
    "requestBody": {"required": true, "content": {"application/json":
     {"schema": {"$ref": "#/components/schemas/Item"}}}},
    "responses": {"204": {"description": "ok"}}},
   "delete": {"responses": {"204": {"description": "ok"}}}
  },
  "/items": {
   "get": {"operationId": "list items!", "parameters": [
     {"name": "tag", "in": "query", "explode": false,
      "schema": {"type": "array", "items": {"type": "string"}}},
     {"name": "near", "in": "query", "style": "deepObject", "explode": true,
      "schema": {"type": "object"}},
     {"name": "X-Shop", "in": "header", "schema": {"type": "string"}},
     {"name": "Accept", "in": "header", "schema": {"type": "string"}},
     {"name": "session", "in": "cookie", "schema": {"type": "string"}}]},
   "post": {"operationId": "addItem", "requestBody": {"content": {
     "multipart/form-data": {},
     "application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}}
  },
  "/pictures": {"post": {"operationId": "addPicture", "requestBody":
    {"required": true, "content": {"multipart/form-data": {}}}}},
  "/twins/{name}": {"get": {"operationId": "twins", "parameters": [
    {"name": "name", "in": "path", "required": true, "schema": {}},
    {"name": "name", "in": "query", "schema": {}}]}}
 },
 "components": {
  "securitySchemes": {
   "cookie": {"type": "apiKey", "in": "cookie", "name": "s"},
   "key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
  "parameters": {"Id": {"name": "id", "in": "path", "required": true,
   "description": "Which one.", "schema": {"type": "integer"}}},
  "schemas": {
   "Item": {"type": "object", "required": ["name"], "properties": {
     "name": {"type": "string", "xml": {"name": "n"}},
     "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}},
     "maker": {"$ref": "#/components/schemas/The~1Maker"}}},
   "The/Maker": {"type": "object"}}}
})";
}
