# cmake --install: the tool (see cli/), the library, its headers, and a package for find_package(latent).
include(CMakePackageConfigHelpers)
set(LATENT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/latent)

install(TARGETS latent EXPORT latentTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# kernels/ is private, and so is each folder that is called detail/.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/latent DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.hpp" PATTERN "kernels" EXCLUDE PATTERN "detail" EXCLUDE)
install(EXPORT latentTargets NAMESPACE latent:: DESTINATION ${LATENT_PACKAGE_DIR})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/latentConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/latentConfig.cmake
                              INSTALL_DESTINATION ${LATENT_PACKAGE_DIR})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/latentConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/latentConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/latentConfigVersion.cmake
        DESTINATION ${LATENT_PACKAGE_DIR})
