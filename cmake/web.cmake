# The page of `latent explore`: web/ built by npm into the build tree, once, and again only when its sources change.
# Sets LATENT_WEB_DIST (a folder with the page) and LATENT_WEB_STAMP (newer than its sources), or neither: without Node the tool
# is built without its page, and says so where the page would be.
option(LATENT_WEB "Build the page of the explorer (needs Node 18 or newer, and npm)" ON)
set(LATENT_WEB_DIST "")
if(NOT LATENT_WEB)
  message(STATUS "Explorer: built without its page (LATENT_WEB is OFF)")
  return()
endif()
find_program(LATENT_NODE NAMES node nodejs)
find_program(LATENT_NPM npm)
set(node_version 0)
if(LATENT_NODE)
  execute_process(COMMAND ${LATENT_NODE} --version OUTPUT_VARIABLE node_version OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  string(REPLACE "v" "" node_version "${node_version}")
endif()
if(NOT LATENT_NPM OR node_version VERSION_LESS 18.13)
  message(STATUS "Explorer: built without its page, because Node 18.13 or newer with npm is not here (apt-get install nodejs npm)")
  return()
endif()

set(LATENT_WEB_SOURCE ${PROJECT_SOURCE_DIR}/web)
set(LATENT_WEB_DIST ${CMAKE_BINARY_DIR}/web/dist)
set(LATENT_WEB_STAMP ${CMAKE_BINARY_DIR}/web/built)
file(GLOB_RECURSE LATENT_WEB_FILES CONFIGURE_DEPENDS ${LATENT_WEB_SOURCE}/src/* ${LATENT_WEB_SOURCE}/mock/*)
list(APPEND LATENT_WEB_FILES ${LATENT_WEB_SOURCE}/index.html ${LATENT_WEB_SOURCE}/package.json ${LATENT_WEB_SOURCE}/package-lock.json
  ${LATENT_WEB_SOURCE}/vite.config.ts ${LATENT_WEB_SOURCE}/vite.export.config.ts ${LATENT_WEB_SOURCE}/svelte.config.js
  ${LATENT_WEB_SOURCE}/tsconfig.json)
add_custom_command(OUTPUT ${LATENT_WEB_STAMP}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${LATENT_WEB_SOURCE} -DDIST=${LATENT_WEB_DIST} -DSTAMP=${LATENT_WEB_STAMP} -DNODE=${LATENT_NODE}
          -DNPM=${LATENT_NPM} -P ${PROJECT_SOURCE_DIR}/cmake/build_web.cmake
  DEPENDS ${LATENT_WEB_FILES} ${PROJECT_SOURCE_DIR}/cmake/build_web.cmake
  COMMENT "Building the page of the explorer"
  VERBATIM)
add_custom_target(latent_web DEPENDS ${LATENT_WEB_STAMP})

# Its tests, label `web`: of its logic by vitest; of every view in a browser, against the tool and small models trained for it.
if(LATENT_BUILD_TESTS)
  add_test(NAME web.logic COMMAND ${LATENT_NODE} node_modules/vitest/vitest.mjs run WORKING_DIRECTORY ${LATENT_WEB_SOURCE})
  add_test(NAME web.types COMMAND ${LATENT_NODE} node_modules/svelte-check/bin/svelte-check --tsconfig tsconfig.json --fail-on-warnings
    WORKING_DIRECTORY ${LATENT_WEB_SOURCE})
  add_test(NAME web.browser COMMAND bash ${LATENT_WEB_SOURCE}/e2e/run.sh ${LATENT_NODE} ${CMAKE_BINARY_DIR}/latent ${CMAKE_BINARY_DIR}/web
    WORKING_DIRECTORY ${LATENT_WEB_SOURCE})
  set_tests_properties(web.logic web.types web.browser PROPERTIES LABELS web TIMEOUT 1800)
  set_tests_properties(web.browser PROPERTIES SKIP_RETURN_CODE 77 RUN_SERIAL ON)
endif()
