# cmake -DBUILD=... -DCONSUMER=... -DEXAMPLES=... -DPREFIX=... -P install_test.cmake
# Installs into PREFIX, then configures, builds and runs CONSUMER against it, as somebody outside the tree would: with it
# every installed header alone, and every example.
file(REMOVE_RECURSE ${PREFIX})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT status EQUAL 0)
    string(REPLACE ";" " " command "${ARGV}")
    message(FATAL_ERROR "${command}: ${status}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${PREFIX}/installed)
run(${PREFIX}/installed/bin/latent --version)
file(GLOB_RECURSE private RELATIVE ${PREFIX}/installed ${PREFIX}/installed/include/latent/*)
list(FILTER private INCLUDE REGEX "/(kernels|detail)/")
if(private)
  message(FATAL_ERROR "private headers were installed: ${private}")
endif()
run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CONSUMER} -B ${PREFIX}/build -DCMAKE_PREFIX_PATH=${PREFIX}/installed
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} "-DCMAKE_EXE_LINKER_FLAGS=${LINK_FLAGS}"
    -DEXAMPLES=${EXAMPLES} -DHEADERS=${PREFIX}/installed/include)
run(${CMAKE_COMMAND} --build ${PREFIX}/build)
run(${PREFIX}/build/consumer)
file(REMOVE_RECURSE ${PREFIX})
