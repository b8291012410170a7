# Writes OUT, a C file with the table web_files of the files in FILES, a list
# separated by '|'. Run by gateway/CMakeLists.txt at build time.
string(REPLACE "|" ";" FILES "${FILES}")
set(data "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
    get_filename_component(name "${file}" NAME)
    get_filename_component(extension "${file}" LAST_EXT)
    if(extension STREQUAL ".html")
        set(type "text/html; charset=utf-8")
    elseif(extension STREQUAL ".js")
        set(type "text/javascript; charset=utf-8")
    elseif(extension STREQUAL ".css")
        set(type "text/css; charset=utf-8")
    elseif(extension STREQUAL ".svg")
        set(type "image/svg+xml")
    elseif(extension STREQUAL ".png")
        set(type "image/png")
    elseif(extension STREQUAL ".jpg") # What profiles refer to.
        set(type "image/jpeg")
        string(PREPEND name "static/")
    elseif(extension STREQUAL ".ico")
        set(type "image/x-icon")
    elseif(extension STREQUAL ".webmanifest")
        set(type "application/manifest+json")
    else()
        message(FATAL_ERROR "${file}: no known type")
    endif()
    file(SHA256 "${file}" hash)
    string(SUBSTRING "${hash}" 0 32 hash)
    file(READ "${file}" hex HEX)
    string(LENGTH "${hex}" size)
    math(EXPR size "${size} / 2")
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n"
        bytes "${bytes}")
    string(APPEND data
        "static const unsigned char bytes_${index}[] = {\n${bytes}0};\n")
    string(APPEND table
        "    {\"/${name}\", \"${type}\", \"\\\"${hash}\\\"\", bytes_${index},"
        " ${size}},\n")
    math(EXPR index "${index} + 1")
endforeach()
file(WRITE "${OUT}"
"/* Made by gateway/embed.cmake from gateway/web. */
#include \"gateway/server/web_files.h\"

${data}
const struct web_file web_files[] = {
${table}    {NULL, NULL, NULL, NULL, 0},
};
")
