# cmake -DSOURCE=web -DDIST=... -DSTAMP=... -DNODE=... -DNPM=... -P build_web.cmake
# Installs what the lock file names, unless that is there already, and builds the page twice: for the server, and as one file.
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(mark ${SOURCE}/node_modules/.latent-lock)
set(installed "")
if(EXISTS ${mark})
  file(READ ${mark} installed)
endif()
if(NOT installed STREQUAL wanted)
  execute_process(COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --loglevel=error WORKING_DIRECTORY ${SOURCE}
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}\nThe packages of the explorer's page could not be installed: npm needs its registry once. "
      "cmake -DLATENT_WEB=OFF builds latent without the page.")
  endif()
  file(WRITE ${mark} ${wanted})
endif()
set(ENV{LATENT_WEB_OUT} ${DIST})
foreach(config vite.config.ts vite.export.config.ts)
  execute_process(COMMAND ${NODE} node_modules/vite/bin/vite.js build --config ${config} --logLevel warn WORKING_DIRECTORY ${SOURCE}
    RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}\nThe explorer's page could not be built.")
  endif()
endforeach()
file(TOUCH ${STAMP})
